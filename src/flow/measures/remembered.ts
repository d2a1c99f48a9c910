/** So many answers are kept of each subject; they are about its environments, of which there are few. */
const answersMax = 32

/**
 * Answers the same question about the same thing from memory, for as long as the thing is there.
 * @param work - pure; what it is about is never changed
 * @param most - so many answers of each subject. @defaultValue 32
 */
export function remembered<Subject extends object, Answer>(
  work: (subject: Subject, question: string) => Answer,
  most = answersMax,
): (subject: Subject, question: string) => Answer {
  const known = new WeakMap<Subject, Map<string, Answer>>()
  return (subject, question) => {
    const answers = known.get(subject) ?? new Map<string, Answer>()
    known.set(subject, answers)
    if (!answers.has(question)) {
      if (answers.size >= most) answers.clear()
      answers.set(question, work(subject, question))
    }
    return answers.get(question)!
  }
}
