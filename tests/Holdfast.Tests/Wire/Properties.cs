using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Tests.Wire;

/// <summary>Runs a property often enough to mean something, silently while it holds.</summary>
internal static class Properties
{
    public static void HoldsFor<T>(this Gen<T> values, Action<T> property) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(40).WithQuietOnSuccess(true),
        Prop.ForAll(values.ToArbitrary(), property));
}
