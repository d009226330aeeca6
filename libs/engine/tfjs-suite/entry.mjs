// The suite as one program: set-up, tests, and a reporter that writes the result of each test.
import { writeFileSync } from 'node:fs';
import { jasmine } from './setup.mjs';
import '@tensorflow/tfjs-core/dist/tests';

const environment = jasmine.getEnv();
environment.configure({ random: false });

const tests = {};
environment.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    if (status !== 'passed' && status !== 'failed') return;
    // Some names occur several times.
    let name = fullName;
    for (let copy = 2; name in tests; copy++) name = `${fullName} (${copy})`;
    tests[name] = status === 'passed' ? true : failedExpectations.map(({ message }) => message).join('\n');
  },
  jasmineDone({ overallStatus, incompleteReason, failedExpectations }) {
    const broken = failedExpectations.map(({ message }) => message);
    writeFileSync(
      process.env.TFJS_SUITE_REPORT,
      JSON.stringify({ overallStatus, incompleteReason, broken, tests }),
    );
  },
});
void environment.execute();
