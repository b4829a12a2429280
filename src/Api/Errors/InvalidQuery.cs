using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>Answers requests whose query parameters, or headers that are parameters, can't be read.</summary>
internal static class InvalidQuery
{
    /// <summary>Creates the answer: status 400 with all invalid parameters.</summary>
    public static IActionResult CreateResult(ActionContext context)
    {
        var invalid = context
            .ModelState.Where(entry => entry.Value!.Errors.Count > 0)
            .Select(entry => (Parameter: Find(context, entry.Key), Name: entry.Key, Value: entry.Value!.AttemptedValue))
            .Select(entry =>
                (
                    IsHeader: entry.Parameter.BindingInfo?.BindingSource == BindingSource.Header,
                    entry.Name,
                    Problem: Describe(entry.Parameter, entry.Value)
                )
            )
            .ToList();
        var (isHeader, name, problem) = invalid[0];
        return new FailureResult(
            new Failure(ErrorCode.MalformedRequest, $"{(isHeader ? "Header" : "Query parameter")} {name}: {problem}")
            {
                // A header has no pointer.
                Errors =
                [
                    .. invalid
                        .Where(entry => !entry.IsHeader)
                        .Select(entry => new ErrorDetail("?" + entry.Name, entry.Problem)),
                ],
            }
        );
    }

    private static ControllerParameterDescriptor Find(ActionContext context, string name) =>
        context
            .ActionDescriptor.Parameters.OfType<ControllerParameterDescriptor>()
            .First(parameter => (parameter.BindingInfo?.BinderModelName ?? parameter.Name) == name);

    private static string Describe(ControllerParameterDescriptor parameter, string? value) =>
        parameter.ParameterType == typeof(string) && string.IsNullOrEmpty(value)
            ? "it is missing, and needed here."
            : $"'{Suggestions.Shorten(value ?? "")}' is not valid. It must be {DescribeExpected(parameter)}.";

    private static string DescribeExpected(ControllerParameterDescriptor parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (type.IsEnum)
            return $"one of {string.Join(", ", WireNames.Get(type).Keys)}";
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(DateTimeOffset))
            return "a time such as 2030-01-31T12:00:00Z";
        var number = type == typeof(double) ? "a number" : "a whole number";
        return parameter.ParameterInfo.GetCustomAttribute<RangeAttribute>() is { } range
            ? $"{number} from {Write(range.Minimum, type)} to {Write(range.Maximum, type)}"
            : number;
    }

    // [Range] has no bounds of long: they are int or double.
    private static string Write(object bound, Type type) =>
        bound is double number && type == typeof(long)
            ? $"{(long)number}"
            : Convert.ToString(bound, CultureInfo.InvariantCulture)!;
}
