import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    orders: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '53s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const lines = [...Array(20).keys()].map((line) => ({ name: "tea", pieces: 1, note: `${number}-${line}`.padEnd(200, "n") }));
  http.post(`${__ENV.TARGET_URL}/orders`, JSON.stringify({ lines }));
}
