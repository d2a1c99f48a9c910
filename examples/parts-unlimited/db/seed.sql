-- The catalogue, as a new database gets it. What the shop writes itself comes with db/migrations, when it starts.
create table parts (
  id integer primary key,
  number text not null unique,
  name text not null,
  category text not null,
  drawing text not null,
  price_cents integer not null check (price_cents > 0),
  stock integer not null check (stock >= 0)
);
insert into parts (id, number, name, category, drawing, price_cents, stock) values
  (1, 'PU-1012', 'Drilled brake disc 320 mm', 'Brakes', 'disc', 11890, 14),
  (2, 'PU-1021', 'Front brake pads, ceramic', 'Brakes', 'pads', 4290, 52),
  (3, 'PU-2031', 'Iridium spark plug', 'Engine', 'plug', 1390, 90000),
  (4, 'PU-2041', 'Oil filter, spin-on', 'Engine', 'filter', 890, 90000),
  (5, 'PU-2061', 'Timing belt kit', 'Engine', 'belt', 13490, 9),
  (6, 'PU-2071', 'Forged piston 82 mm', 'Engine', 'piston', 15900, 21),
  (7, 'PU-3081', 'Battery 60 Ah', 'Electrics', 'battery', 9490, 18),
  (8, 'PU-3091', 'LED headlight, left', 'Electrics', 'headlight', 24900, 5),
  (9, 'PU-4112', 'Coilover strut', 'Chassis', 'coilover', 21900, 4),
  (10, 'PU-4121', 'Alloy wheel 17″', 'Chassis', 'wheel', 14900, 32),
  (11, 'PU-5131', 'Aluminium radiator', 'Cooling', 'radiator', 13900, 11),
  (12, 'PU-5132', 'Radiator fan, 12 in', 'Cooling', 'fan', 8790, 0);
