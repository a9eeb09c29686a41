import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    receipts: { executor: 'constant-arrival-rate', rate: 42, timeUnit: '1s', duration: '36s', preAllocatedVUs: 250 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.post(`${__ENV.TARGET_URL}/receipts`, JSON.stringify({ customer: `c-${number}`, amount: number % 90 }));
}
