import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    readings: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1s', duration: '53s', preAllocatedVUs: 30 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const reading = { meter: `m-${number}`, value: number, raw: `${number}:`.padEnd(6000, "x") };
  http.post(`${__ENV.TARGET_URL}/readings`, JSON.stringify(reading));
}
