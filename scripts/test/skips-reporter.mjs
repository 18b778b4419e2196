/** Prints every test that was skipped, and why: a skip is never silent. */
export default class SkipsReporter {
  onTestRunEnd(modules) {
    for (const module of modules)
      for (const test of module.children.allTests('skipped')) {
        const { note } = test.result();
        console.log(`skipped: ${module.relativeModuleId} > ${test.fullName}${note ? `: ${note}` : ''}`);
      }
  }
}
