import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    parcels: { executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '30s', preAllocatedVUs: 40 },
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  const contents = Array.from({ length: 150 }, (_, n) => `thing ${n} of ${turn} `);
  http.post(`${__ENV.TARGET_URL}/parcels`, JSON.stringify({ receiver: 'ann', contents }), { tags: { name: 'parcel' } });
}
