import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    baskets: { executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '36s', preAllocatedVUs: 200 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const lines = [...Array(100).keys()].map(() => ({ name: number % 2 ? "tea" : "pot", pieces: 1 }));
  http.post(`${__ENV.TARGET_URL}/baskets`, JSON.stringify({ lines }), { headers: { "Content-Type": "application/json" } });
}
