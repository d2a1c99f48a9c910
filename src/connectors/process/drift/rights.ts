import { connectionsMax } from '../database/postgres-resource.ts'

export type Rights = { readonly role: string; readonly rights: string }

export const expectedRights = `login, ${connectionsMax} connections, owns the database`

/** What a role may, in words; what an environment's role has beyond login is named. */
export const rightsSql = `
  select rolname as role, concat_ws(', ',
    case when rolcanlogin then 'login' else 'no login' end,
    case when rolsuper then 'superuser' end,
    case when rolcreatedb then 'createdb' end,
    case when rolcreaterole then 'createrole' end,
    case when rolreplication then 'replication' end,
    case when rolbypassrls then 'bypassrls' end,
    case when exists (select from pg_auth_members m where m.member = r.oid) then 'member of other roles' end,
    rolconnlimit || ' connections') as rights
  from pg_roles r where starts_with(rolname, 'env_')`
