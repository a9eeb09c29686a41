import exec from 'k6/execution';
import http from 'k6/http';

export const options = {
  scenarios: {
    checks: { executor: 'constant-arrival-rate', rate: 30, timeUnit: '1s', duration: '53s', preAllocatedVUs: 60 },
  },
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const articles = [...Array(20).keys()].map((line) => `new-${number}-${line}`);
  http.post(`${__ENV.TARGET_URL}/check`, JSON.stringify(articles));
}
