using System.Collections;
using Holdfast.Cli;

// The process is read here only; everything below gets what it needs handed in.
var environment = new Dictionary<string, string>(StringComparer.Ordinal);
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
{
    environment[(string)variable.Key] = (string?)variable.Value ?? "";
}

return await HoldfastCommandLine.RunAsync(args, environment, Console.Out, Console.Error, CancellationToken.None);
