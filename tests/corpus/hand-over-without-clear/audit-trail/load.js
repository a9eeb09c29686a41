import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    entries: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '53s', preAllocatedVUs: 30 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const entry = { who: `user-${number}`, what: 'saved', detail: `${number}:`.padEnd(6000, 'x') };
  http.post(`${__ENV.TARGET_URL}/entries`, JSON.stringify(entry));
}
