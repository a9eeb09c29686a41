import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    codes: { executor: 'constant-arrival-rate', rate: 30, timeUnit: '1s', duration: '30s', preAllocatedVUs: 40 },
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  const digits = String(10000000 + turn * 7);
  http.get(`${__ENV.TARGET_URL}/track/DE${digits}${turn % 10}`, { tags: { name: 'track' } });
}
