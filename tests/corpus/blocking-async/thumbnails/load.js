import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    thumbs: { executor: 'constant-arrival-rate', rate: 36, timeUnit: '1s', duration: '36s', preAllocatedVUs: 250 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/thumb/cat-${number % 9}`, { tags: { name: "thumb" } });
}
