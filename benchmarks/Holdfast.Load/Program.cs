using System.Globalization;
using System.Runtime.InteropServices;
using Holdfast.Load;

const string usage = """
    Usage: ./bench [requests] [route] [failover] [streams] [open] [journal] [journal-open] [replay] [recording] [records]
                   [start] [body]
                   [--rounds N] [--quick]
                   [--gateway-command "COMMAND"] [--floor-command "COMMAND"] [--simulator-command "COMMAND"]
    Without a measure, all run. See docs/benchmarks.md.
    """;

// Nothing runs for ever, whatever hangs.
var longest = TimeSpan.FromMinutes(30);
if (Arguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(usage);
    return 2;
}

var home = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Stop(130));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Stop(143));
using var limit = new Timer(_ => Stop(3), null, longest, Timeout.InfiniteTimeSpan);
try
{
    return await RunAsync();
}
finally
{
    CleanUp();
}

async Task<int> RunAsync()
{
    var cores = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
    Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {cores} cores");
    var settings = arguments.Settings with { Home = home };
    using var bed = new TestBed(settings);
    var rows = new List<Row>();
    foreach (var name in arguments.Measures)
    {
        using var measure = Arguments.Create(name, bed);
        try
        {
            rows.AddRange(await Rounds.RunAsync(measure));
        }
        catch (Exception exception)
        {
            // A measure that breaks is missed; the others are still told.
            Console.Error.WriteLine($"{name}: {exception.GetType().Name}: {exception.Message}");
            rows.AddRange(measure.Figures.Select(figure => new Row(name, figure, double.NaN, double.NaN, double.NaN)));
        }
    }

    Table.Write(rows);
    if (rows.Any(row => row.Others > Machine.Disturbed))
    {
        Console.WriteLine("\nother programs used much of the machine (column others): measure again when it is quiet");
    }

    var missed = rows.Count(row => row.IsMissed);
    Console.WriteLine(missed == 0 ? "\nevery bar is held" : $"\n{missed} MISSED");
    return missed == 0 ? 0 : 1;
}

void Stop(int exitCode)
{
    CleanUp();
    Environment.Exit(exitCode);
}

void CleanUp()
{
    ChildProcess.EndAll();
    if (Directory.Exists(home))
    {
        Directory.Delete(home, recursive: true);
    }
}
