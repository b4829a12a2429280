using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>Answers requests whose query parameters can't be read.</summary>
internal static class InvalidQuery
{
    /// <summary>Creates the answer: status 400 with all invalid parameters.</summary>
    public static IActionResult CreateResult(ActionContext context)
    {
        var errors = context
            .ModelState.Where(entry => entry.Value!.Errors.Count > 0)
            .Select(entry => new ErrorDetail(
                "?" + entry.Key,
                $"'{entry.Value!.AttemptedValue}' is not valid. It must be {DescribeExpected(context, entry.Key)}."
            ))
            .ToList();
        var detail = $"Query parameter {errors[0].Pointer[1..]}: {errors[0].Detail}";
        return new FailureResult(new Failure(ErrorCode.MalformedRequest, detail) { Errors = errors });
    }

    private static string DescribeExpected(ActionContext context, string name)
    {
        var parameter = context
            .ActionDescriptor.Parameters.OfType<ControllerParameterDescriptor>()
            .First(parameter => (parameter.BindingInfo?.BinderModelName ?? parameter.Name) == name);
        if (parameter.ParameterType.IsEnum)
            return $"one of {string.Join(", ", WireNames.Get(parameter.ParameterType).Keys)}";
        if (parameter.ParameterType == typeof(bool))
            return "true or false";
        return parameter.ParameterInfo.GetCustomAttribute<RangeAttribute>() is { } range
            ? $"a whole number from {range.Minimum} to {range.Maximum}"
            : "a whole number";
    }
}
