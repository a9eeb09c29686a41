import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    logins: { executor: 'constant-arrival-rate', rate: 27, timeUnit: '1s', duration: '36s', preAllocatedVUs: 250 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.post(`${__ENV.TARGET_URL}/login`, JSON.stringify({ name: "ann", password: `p-${number % 5}` }), { headers: { "Content-Type": "application/json" } });
}
