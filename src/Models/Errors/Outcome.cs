using System.Diagnostics.CodeAnalysis;

namespace ModelService.Models.Errors;

/// <summary>A value, or the failure in its place.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class Outcome<T>
    where T : class
{
    private Outcome(T? value, Failure? failure) => (Value, Failure) = (value, failure);

    /// <summary>The value; null after a failure.</summary>
    public T? Value { get; }

    /// <summary>The failure; null after a success.</summary>
    public Failure? Failure { get; }

    /// <summary>Gets the value or the failure.</summary>
    /// <param name="value">The value; null after a failure.</param>
    /// <param name="failure">The failure; null after a success.</param>
    /// <returns>Whether there is a value.</returns>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Failure? failure)
    {
        (value, failure) = (Value, Failure);
        return value is not null;
    }

    /// <summary>Creates a success.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>Creates a failure.</summary>
    /// <param name="failure">The failure.</param>
    public static implicit operator Outcome<T>(Failure failure) => new(null, failure);
}
