using System.Globalization;
using System.Runtime.InteropServices;
using Holdfast.Load;

const string usage = """
    Usage: ./bench [requests] [route] [failover] [event] [streams] [ten] [open] [journal] [journal-open] [replay]
                   [recording] [records] [start] [idle] [verdict] [body]
                   [--rounds N] [--quick] [--baseline DIR]
                   [--gateway-command "COMMAND"] [--floor-command "COMMAND"] [--simulator-command "COMMAND"]
    Without a measure, all run. DIR holds another build of Holdfast, or is a checkout with one. See docs/benchmarks.md.
    """;

if (Arguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(usage);
    return 2;
}

// Nothing runs for ever, whatever hangs: five rounds of two sides take about twenty minutes.
var sides = arguments.Baseline is null ? 2 : 3;
var longest = TimeSpan.FromMinutes(4 * sides * Math.Max(5, arguments.Settings.Rounds));
var cleaning = new Lock();
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
    var settings = arguments.Settings with { Home = home };
    if (arguments.Baseline is { } folder)
    {
        var other = await OtherBuild.InAsync(folder, home);
        if (other.Problem is { } problem)
        {
            Console.Error.WriteLine($"--baseline {folder}: {problem}");
            return 2;
        }

        settings = settings with { BaselineCommand = other.Command };
    }

    var cores = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
    Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {cores} cores");
    using var bed = new TestBed(settings);
    var rows = new List<Row>();
    foreach (var name in arguments.Measures)
    {
        using var measure = Arguments.Create(name, bed);
        try
        {
            rows.AddRange(await Rounds.RunAsync(measure, settings.Sides));
        }
        catch (Exception exception)
        {
            // A measure that breaks is missed; the others are still told.
            Console.Error.WriteLine($"{name}: {exception.GetType().Name}: {exception.Message}");
            rows.AddRange(measure.Figures.Select(figure => new Row(name, figure, Standing.Nowhere, double.NaN)));
        }
    }

    Table.Write(rows, hasBaseline: settings.BaselineCommand is not null);
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
    // A signal and the end of the run may come together.
    lock (cleaning)
    {
        ChildProcess.EndAll();
        if (Directory.Exists(home))
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
