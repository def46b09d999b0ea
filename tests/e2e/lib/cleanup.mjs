// What a test started ends after it, the last first. All of it ends, whatever fails on the way;
// the first failure is the test's.
const stacks = new WeakMap();

export function atEnd(t, action) {
  if (!stacks.has(t)) {
    stacks.set(t, []);
    t.after(() => unwind(stacks.get(t)));
  }
  stacks.get(t).push(action);
}

async function unwind(stack) {
  let failure;
  while (stack.length > 0) {
    try {
      await stack.pop()();
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure) throw failure;
}
