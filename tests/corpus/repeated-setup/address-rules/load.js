import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    checks: { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/check/PT/${1000 + (number % 8000)}-205`, { tags: { name: "check" } });
}
