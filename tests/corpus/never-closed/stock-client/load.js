import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    stock: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '53s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/available/sku-${number % 40}`, { tags: { name: "available" } });
}
