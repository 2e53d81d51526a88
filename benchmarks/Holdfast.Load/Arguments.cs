using System.Globalization;

namespace Holdfast.Load;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments(IReadOnlyList<string> Measures, Settings Settings)
{
    /// <summary>The folder of another build of ours; null: none is measured.</summary>
    public string? Baseline { get; private init; }

    private static readonly Dictionary<string, Func<TestBed, IMeasure>> Known = new(StringComparer.Ordinal)
    {
        ["requests"] = bed => new RequestsMeasure(bed),
        ["route"] = bed => new RequestsMeasure(bed, byRoute: true),
        ["failover"] = bed => new FailoverMeasure(bed),
        ["event"] = bed => new EventMeasure(bed),
        ["streams"] = bed => new StreamsMeasure(bed),
        ["ten"] = bed => new TenMeasure(bed),
        ["open"] = bed => new OpenMeasure(bed),
        ["journal"] = bed => new JournalMeasure(bed),
        ["journal-open"] = bed => new OpenMeasure(bed, ofJournal: true),
        ["replay"] = bed => new ReplayMeasure(bed),
        ["recording"] = bed => new RecordingMeasure(bed),
        ["records"] = bed => new RecordsMeasure(bed),
        ["start"] = bed => new StartMeasure(bed),
        ["idle"] = bed => new IdleMeasure(bed),
        ["verdict"] = bed => new VerdictMeasure(bed),
        ["body"] = bed => new BodyMeasure(bed),
    };

    private static readonly Settings Defaults = new(
        Rounds: 5,
        Quick: false,
        GatewayCommand: "artifacts/holdfast/holdfast serve --config {config} --listen {listen}",
        FloorCommand: "artifacts/bench/floor/Holdfast.Floor --listen {listen} --upstream {upstream}",
        SimulatorCommand: "artifacts/holdfast/holdfast simulate --listen {address}",
        Home: "");

    public static IMeasure Create(string measure, TestBed bed) => Known[measure](bed);

    /// <summary>Null where an argument is unknown or lacks its value.</summary>
    public static Arguments? Parse(string[] args)
    {
        var measures = new List<string>();
        var settings = Defaults;
        string? baseline = null;
        for (var index = 0; index < args.Length; index++)
        {
            if (Known.ContainsKey(args[index]))
            {
                measures.Add(args[index]);
            }
            else if (args[index] == "--quick")
            {
                settings = settings with { Quick = true, Rounds = 1 };
            }
            else if (args[index] == "--baseline" && index + 1 < args.Length)
            {
                baseline = args[++index];
            }
            else if (++index >= args.Length || With(settings, args[index - 1], args[index]) is not { } changed)
            {
                return null;
            }
            else
            {
                settings = changed;
            }
        }

        return new(measures.Count > 0 ? measures : [.. Known.Keys], settings) { Baseline = baseline };
    }

    private static Settings? With(Settings settings, string option, string value) => option switch
    {
        "--rounds" when int.TryParse(value, CultureInfo.InvariantCulture, out var rounds) && rounds is > 0 and < 100 =>
            settings with { Rounds = rounds },
        "--gateway-command" => settings with { GatewayCommand = value },
        "--floor-command" => settings with { FloorCommand = value },
        "--simulator-command" => settings with { SimulatorCommand = value },
        _ => null,
    };
}
