using System.Collections;
using Holdfast.Cli;

// The process is read here only; everything below gets what it needs handed in.
var environment = Environment.GetEnvironmentVariables()
    .Cast<DictionaryEntry>()
    .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);

return await HoldfastCommandLine.RunAsync(args, environment, Console.Out, Console.Error, CancellationToken.None);
