create table clerks (name text primary key, from_hour integer not null, hours integer not null);
insert into clerks values ('Ines', 6, 8), ('Ravi', 10, 8), ('Mette', 16, 8);
create table chat_messages (id bigint generated always as identity primary key, message text not null);
