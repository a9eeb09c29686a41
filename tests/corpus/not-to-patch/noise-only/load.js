import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    greetings: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '36s', preAllocatedVUs: 30 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/greet/c-${number}`, { tags: { name: "greet" } });
}
