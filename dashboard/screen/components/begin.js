// Asks the server to begin, once for each number: what stands in the fields travels with every request, so none is sent
// that need not be.

const begun = new WeakMap()

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  if (!data || begun.get(parentElement) === data.number) return
  begun.set(parentElement, data.number)
  setTriggerValue("begin", data.number)
}
