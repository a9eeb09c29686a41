import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    things: { executor: 'constant-arrival-rate', rate: 25, timeUnit: '1s', duration: '30s', preAllocatedVUs: 40 },
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  http.get(`${__ENV.TARGET_URL}/things/${turn}`, { tags: { name: 'thing' } });
}
