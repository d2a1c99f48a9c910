/** Files of tests share processes: whatever one did to the environment of its process, the next has the one that the run began with. */
const kept = globalThis as { surroundings?: NodeJS.ProcessEnv }
kept.surroundings ??= { ...process.env }
for (const name of Object.keys(process.env)) if (!(name in kept.surroundings)) delete process.env[name]
Object.assign(process.env, kept.surroundings)
