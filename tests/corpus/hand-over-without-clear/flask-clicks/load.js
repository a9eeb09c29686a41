import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    clicks: { executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: '53s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const click = { page: `/p/${number % 50}`, agent: `${number}:`.padEnd(5000, "a"), at: number };
  http.post(`${__ENV.TARGET_URL}/clicks`, JSON.stringify(click), { headers: { "Content-Type": "application/json" } });
}
