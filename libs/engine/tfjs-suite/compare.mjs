// Compares two runs of the suite.

/**
 * @param cpu, native { broken: string[], incompleteReason?: string, tests: { name: true | why it failed } }
 * @param exceptions { neitherPasses, onlyForCpu }, each { name: reason }
 * @returns how many tests of native passed and failed, those that neither passes left out, and what is not as it
 *   should be, one line each
 */
export function compare(cpu, native, { neitherPasses, onlyForCpu }) {
  const problems = [];
  for (const [backend, { broken, incompleteReason }] of Object.entries({ cpu, native })) {
    for (const message of broken) problems.push(`${backend}: outside of tests: ${message}`);
    if (incompleteReason) problems.push(`${backend}: incomplete: ${incompleteReason}`);
  }
  let passed = 0;
  let failed = 0;
  for (const [name, outcome] of Object.entries(native.tests)) {
    if (outcome === true) {
      passed++;
      if (name in neitherPasses) problems.push(`listed as failing, and passes: ${name}`);
    } else if (!(name in neitherPasses) || cpu.tests[name] === true) {
      failed++;
      const beside = cpu.tests[name] === true ? 'cpu passes it' : 'cpu too, but it is not listed';
      problems.push(`failed on native (${beside}): ${name}\n    ${outcome}`);
    }
  }
  for (const name of Object.keys(cpu.tests)) {
    if (!(name in native.tests) && !(name in onlyForCpu))
      problems.push(`ran on cpu alone, and is not listed: ${name}`);
  }
  for (const name of Object.keys({ ...neitherPasses, ...onlyForCpu })) {
    if (!(name in cpu.tests)) problems.push(`listed, but there is no such test: ${name}`);
  }
  for (const name of Object.keys(onlyForCpu)) {
    if (name in native.tests) problems.push(`listed as cpu's alone, and ran on native: ${name}`);
  }
  return { passed, failed, problems };
}
