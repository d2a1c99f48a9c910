/**
 * How a cluster on somebody's laptop is run, as command-line arguments. Durability is never traded: fsync, full page writes
 * and synchronous commit stay as PostgreSQL has them.
 */
export function settingsOf(choice: {
  readonly port: number
  readonly tcp: boolean
  readonly socketFolder: string
  readonly settings: Readonly<Record<string, string>>
}): readonly string[] {
  const all: Readonly<Record<string, string>> = {
    listen_addresses: choice.tcp ? '127.0.0.1' : '',
    port: String(choice.port),
    // A list: quoted, because a path may hold a comma.
    unix_socket_directories: `"${choice.socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: '128MB',
    // Containers often have 64 MB of /dev/shm, and System V segments outlive a kill -9: shared memory for parallel queries
    // comes from the server's own block first, from files in its data folder after.
    dynamic_shared_memory_type: process.platform === 'linux' ? 'mmap' : 'posix',
    min_dynamic_shared_memory: process.platform === 'linux' ? '16MB' : '0',
    // One server, no replicas: tables loaded in bulk need not be written twice.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_min_messages: 'warning',
    // Statements may hold secrets, the log is for what went wrong.
    log_min_error_statement: 'panic',
    ...choice.settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
