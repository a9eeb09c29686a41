import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    bids: { executor: 'constant-arrival-rate', rate: 30, timeUnit: '1s', duration: '30s', preAllocatedVUs: 40 },
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  const papers = {};
  for (let n = 0; n < 80; n++) papers[`paper ${n}`] = `page ${n} of ${turn}`;
  http.post(`${__ENV.TARGET_URL}/lots/vase/bids`, JSON.stringify({ step: 5, papers }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'bid' },
  });
}
