using System.CommandLine;

namespace ModelService.Tool.Commands;

/// <summary>Ranges of numbers in options.</summary>
internal static class Ranges
{
    /// <summary>Accepts only numbers within a range.</summary>
    public static Option<int> Within(this Option<int> option, int least, int most)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
                result.AddError($"{option.Name} must be from {least} to {most}, and not {value}.");
        });
        return option;
    }
}
