/** Most characters of a team's name. */
export const teamLengthMax = 100

/** A team's name: neither empty nor with blanks around it, and without control characters, so that it is one line wherever it is shown. */
export const teamPattern = '^[^\\s\\u0000-\\u001f\\u007f](?:[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f])?$'
