import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    rows: { executor: 'constant-arrival-rate', rate: 40, timeUnit: '1s', duration: '36s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  http.post(`${__ENV.TARGET_URL}/import`, `web;tea;${number % 10 ? number : "x" + number}`, { responseCallback: http.expectedStatuses(200, 422) });
  http.post(`${__ENV.TARGET_URL}/import`, `web;tea;no-${number}`, { responseCallback: http.expectedStatuses(200, 422) });
}
