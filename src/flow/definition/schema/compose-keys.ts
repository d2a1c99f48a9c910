/**
 * Keys that are valid in Compose and that nothing here honours. They are refused, never ignored: a file that asks for memory
 * limits and does not get them would be a quiet lie. The value is what to do instead.
 */
const remove = 'remove it'
const containers = 'remove it: only containers have this'
const isolation = 'remove it: services reach each other through the variables they are given, for example DB_URL'
const files = 'remove it: a service gets the files of its artifact'
const values = 'write the values under "environment"'

export const rootKeys = {
  version: 'remove it: Compose itself ignores it',
  networks: isolation,
  volumes: 'remove it: data belongs into a resource (provider: {type: threeways, options: {resource: postgres}})',
  configs: files,
  include: 'write everything into this file',
  models: remove,
}

const text = (help: string, keys: string): Record<string, string> => Object.fromEntries(keys.split(' ').map((key) => [key, help]))

export const serviceKeys = {
  ...text(
    containers,
    'annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset device_cgroup_rules devices domainname extra_hosts gpus group_add hostname init ipc isolation label_file labels logging mac_address mem_reservation mem_swappiness memswap_limit models oom_kill_disable oom_score_adj pid platform privileged pull_policy pull_refresh_after read_only runtime scale security_opt shm_size stdin_open storage_opt sysctls tty ulimits use_api_socket user userns_mode uts',
  ),
  ...text(isolation, 'dns dns_opt dns_search external_links links network_mode networks'),
  ...text(files, 'configs tmpfs volumes volumes_from'),
  ...text(values, 'env_file'),
  ...text('write the commands under "x-run", or in the build of the artifact', 'post_start pre_stop'),
  ...text('remove it, and write out what it stands for', 'extends develop profiles'),
  container_name: 'remove it: several environments run side by side',
  credential_spec: remove,
  entrypoint: 'write the whole command under "x-run"',
  expose: 'write the port under "ports"',
  working_dir: 'write x-run: {workdir: …}, a folder inside the artifact',
}

export const healthcheckKeys = {
  disable: 'remove the whole healthcheck',
  start_interval: 'remove it: "interval" holds from the start',
}

export const dependencyKeys = { restart: remove, required: 'remove it: everything a service depends on is required' }

export const deployKeys = {
  mode: remove,
  endpoint_mode: remove,
  labels: containers,
  placement: containers,
  restart_policy: 'write it under "restart"',
  rollback_config: 'say it in the stage, under x-threeways.pipeline: rollback: {automatic: true}',
  update_config: 'say it in the stage, under x-threeways.pipeline: deploy: {strategy: rolling}',
}

export const resourcesKeys = { reservations: 'remove it: nothing is set aside for a service' }
export const limitKeys = { devices: containers }

export const portKeys = { mode: remove, app_protocol: remove }
