import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    authors: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/authors?first=${number % 60}`, { tags: { name: "authors" } });
}
