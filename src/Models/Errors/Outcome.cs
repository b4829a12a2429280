using System.Diagnostics.CodeAnalysis;

namespace ModelService.Models.Errors;

/// <summary>A value, or why there is none.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class Outcome<T>
    where T : class
{
    private Outcome(T? value, Failure? failure) => (Value, Failure) = (value, failure);

    /// <summary>The value; null on failure.</summary>
    public T? Value { get; }

    /// <summary>Why there is no value; null on success.</summary>
    public Failure? Failure { get; }

    /// <summary>Takes the two apart.</summary>
    /// <param name="value">The value, on success.</param>
    /// <param name="failure">Why there is none, otherwise.</param>
    /// <returns>Whether there is a value.</returns>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Failure? failure)
    {
        (value, failure) = (Value, Failure);
        return value is not null;
    }

    /// <summary>A success.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>A failure.</summary>
    /// <param name="failure">Why there is no value.</param>
    public static implicit operator Outcome<T>(Failure failure) => new(null, failure);
}
