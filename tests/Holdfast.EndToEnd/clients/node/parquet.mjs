// Reads a Parquet file with an implementation that is not the one which wrote it: one JSON object a row.
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const rows = await parquetReadObjects({ file: await asyncBufferFromFile(process.argv[2]), compressors });
for (const row of rows) {
  console.log(JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
}
