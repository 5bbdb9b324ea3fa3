// The server keeps no conversation: the page sends what was said before with each question, within the server's limits.
const maxTurns = 20;
const maxTurnLength = 16_000;

/** The questions and answers so far, oldest first, as the server takes them. An answer that failed is left out with its question. */
export function historyOf(exchanges) {
  return exchanges
    .filter(({ answer, complete }) => complete && answer !== "")
    .flatMap(({ question, answer }) => [turn("user", question), turn("assistant", answer)])
    .slice(-maxTurns);
}

function turn(role, text) {
  return { role, text: text.slice(0, maxTurnLength).toWellFormed() };
}
