using CsCheck;

namespace ModelService.Imaging.Tests.Support;

/// <summary>Properties of drawn cases. CsCheck's own <c>Sample</c> draws other ones in every run.</summary>
internal static class Cases
{
    /// <summary>Checks a number of cases, the same ones for the same seed.</summary>
    /// <param name="gen">Draws a case.</param>
    /// <param name="count">How many.</param>
    /// <param name="check">Throws for a case that does not have the property. Called by several threads.</param>
    public static void ForEach<T>(this Gen<T> gen, int count, Action<T> check)
    {
        var seed = (ulong)TestSeed.Get();
        Parallel.For(
            0,
            count,
            number =>
            {
                var drawn = gen.Generate(new PCG((uint)number, seed), null, out _);
                if (Record.Exception(() => check(drawn)) is { } exception)
                    Assert.Fail($"Case {number} of {count}: {exception}");
            }
        );
    }

    /// <summary>Checks a hundred cases, the same ones for the same seed.</summary>
    /// <param name="gen">Draws a case.</param>
    /// <param name="holds">Whether a case has the property.</param>
    public static void Hold<T>(this Gen<T> gen, Predicate<T> holds) =>
        gen.ForEach(100, drawn => Assert.True(holds(drawn)));
}
