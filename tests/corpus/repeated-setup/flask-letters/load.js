import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    letters: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/letter/user-${number % 500}`, { tags: { name: "letter" } });
}
