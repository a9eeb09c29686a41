import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    votes: { executor: 'constant-arrival-rate', rate: 35, timeUnit: '1s', duration: '36s', preAllocatedVUs: 250 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.post(`${__ENV.TARGET_URL}/vote`, JSON.stringify({ voter: `v${number}`, choice: `c${number % 4}` }), { headers: { "Content-Type": "application/json" } });
}
