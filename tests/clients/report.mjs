// What every script says at its end, in one line of JSON on standard output: the text that its client gave it, the error that the client reported (null where it reported
// none), and whatever else the test wants to know.
export const [address, prompt] = process.argv.slice(2);

export async function report(run) {
  const result = { text: "", error: null };
  try {
    await run(result);
  } catch (error) {
    result.error = describe(error);
  }

  // Some clients keep sockets or timers, which would keep the process.
  process.stdout.write(JSON.stringify(result) + "\n", () => process.exit(0));
}

function describe(error) {
  const cause = error?.cause?.message ? ` (${error.cause.message})` : "";
  return `${error?.name ?? typeof error}: ${error?.message ?? error}${cause}`;
}
