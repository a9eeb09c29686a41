import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    searches: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '53s', preAllocatedVUs: 30 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/search?q=article+in&at=${number}`, { tags: { name: "search" } });
}
