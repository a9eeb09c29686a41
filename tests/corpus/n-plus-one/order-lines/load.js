import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    orders: { executor: 'constant-arrival-rate', rate: 12, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/orders/${number % 20}`, { tags: { name: "order" } });
}
