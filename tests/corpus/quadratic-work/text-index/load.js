import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    texts: { executor: 'constant-arrival-rate', rate: 14, timeUnit: '1s', duration: '30s', preAllocatedVUs: 40 },
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  const text = Array.from({ length: 350 }, (_, n) => `word${(n * 7 + turn) % 90}`).join(' ');
  http.post(`${__ENV.TARGET_URL}/index`, text, { tags: { name: 'index' } });
}
