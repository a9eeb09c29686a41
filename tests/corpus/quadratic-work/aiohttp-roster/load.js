import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    rosters: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const people = [...Array(400).keys()].map((badge) => ({ badge, name: `n${badge}` }));
  const shifts = [...Array(1000).keys()].map((n) => ({ day: `d${n % 7}`, badge: (n * 7 + number) % 500 }));
  http.post(`${__ENV.TARGET_URL}/roster`, JSON.stringify({ shifts, people }), { headers: { "Content-Type": "application/json" } });
}
