/** A line for everything that makes a database's schema; no content, and no partitions, which come and go with the time. */
export const schemaSql = `
  with own as (
    select oid, nspname from pg_namespace
    where nspname not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_(toast|temp|toast_temp)')
  select format('relation %s.%s %s %s', n.nspname, c.relname, c.relkind, case when c.relkind in ('v', 'm') then md5(pg_get_viewdef(c.oid)) end) as line
    from pg_class c join own n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and not c.relispartition
  union all
  select format('column %s.%s.%s %s %s %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join own n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and not c.relispartition
  union all
  select format('index %s', pg_get_indexdef(i.indexrelid))
    from pg_index i join pg_class c on c.oid = i.indrelid join own n on n.oid = c.relnamespace where not c.relispartition
  union all
  select format('constraint %s.%s %s %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
    from pg_constraint k join pg_class c on c.oid = k.conrelid join own n on n.oid = c.relnamespace where not c.relispartition
  union all
  select format('function %s.%s(%s) %s', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), md5(p.prosrc))
    from pg_proc p join own n on n.oid = p.pronamespace
  union all
  select format('trigger %s', pg_get_triggerdef(t.oid))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join own n on n.oid = c.relnamespace
    where not t.tgisinternal and not c.relispartition
  union all
  select format('enum %s.%s %s', n.nspname, t.typname, (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    from pg_type t join own n on n.oid = t.typnamespace where t.typtype = 'e'
  union all
  select format('extension %s %s', extname, extversion) from pg_extension`
