using System.Globalization;

namespace Holdfast.Hosting;

/// <summary>How this process stands to a terminal, as the kernel tells (proc_pid_stat(5), proc_pid_status(5)).</summary>
internal static class ProcessTerminal
{
    private const string Stat = "/proc/self/stat";
    private const string Status = "/proc/self/status";

    /// <summary>Whether it has a controlling terminal. Where there is no <c>/proc</c>: whether its input is one.</summary>
    public static bool HasTerminal() => ReadOrNull(Stat) is { } stat ? HasTerminal(stat) : !Console.IsInputRedirected;

    /// <summary>Whether whoever started it had it ignore SIGHUP.</summary>
    public static bool IgnoresHangUp() => ReadOrNull(Status) is { } status && IgnoresHangUp(status);

    /// <summary>Whether the field <c>tty_nr</c>, the fifth behind the name in parentheses, is not 0.</summary>
    internal static bool HasTerminal(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 4 && fields[4] != "0";
    }

    /// <summary>Whether the lowest bit of the mask <c>SigIgn</c>, that of SIGHUP, is set.</summary>
    internal static bool IgnoresHangUp(string status)
    {
        const string Name = "SigIgn:";
        var line = status.Split('\n').FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line.AsSpan(Name.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
            && (mask & 1) != 0;
    }

    private static string? ReadOrNull(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
