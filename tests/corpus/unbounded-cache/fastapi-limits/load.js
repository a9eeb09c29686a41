import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    prices: { executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '53s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/price`, { headers: { "X-Client": `client-${number}` } });
}
