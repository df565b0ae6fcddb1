-- title = "Directory errors"
-- group = "Directory"
-- help = """Answers of the directory (LDAP) that are errors, by the result code, its name and what was asked. \
-- Error 49 is a wrong password or a user who does not exist."""
-- empty = "The directory gave no error."
-- top = 30
-- units = { result_code = "" }
-- titles = { result_code = "code", last_time = "last" }
SELECT
    result_code,
    CASE result_code
        WHEN 1 THEN 'operationsError'
        WHEN 2 THEN 'protocolError'
        WHEN 3 THEN 'timeLimitExceeded'
        WHEN 4 THEN 'sizeLimitExceeded'
        WHEN 7 THEN 'authMethodNotSupported'
        WHEN 8 THEN 'strongerAuthRequired'
        WHEN 10 THEN 'referral'
        WHEN 11 THEN 'adminLimitExceeded'
        WHEN 12 THEN 'unavailableCriticalExtension'
        WHEN 13 THEN 'confidentialityRequired'
        WHEN 16 THEN 'noSuchAttribute'
        WHEN 17 THEN 'undefinedAttributeType'
        WHEN 18 THEN 'inappropriateMatching'
        WHEN 19 THEN 'constraintViolation'
        WHEN 20 THEN 'attributeOrValueExists'
        WHEN 21 THEN 'invalidAttributeSyntax'
        WHEN 32 THEN 'noSuchObject'
        WHEN 33 THEN 'aliasProblem'
        WHEN 34 THEN 'invalidDNSyntax'
        WHEN 36 THEN 'aliasDereferencingProblem'
        WHEN 48 THEN 'inappropriateAuthentication'
        WHEN 49 THEN 'invalidCredentials'
        WHEN 50 THEN 'insufficientAccessRights'
        WHEN 51 THEN 'busy'
        WHEN 52 THEN 'unavailable'
        WHEN 53 THEN 'unwillingToPerform'
        WHEN 54 THEN 'loopDetect'
        WHEN 64 THEN 'namingViolation'
        WHEN 65 THEN 'objectClassViolation'
        WHEN 66 THEN 'notAllowedOnNonLeaf'
        WHEN 67 THEN 'notAllowedOnRDN'
        WHEN 68 THEN 'entryAlreadyExists'
        WHEN 69 THEN 'objectClassModsProhibited'
        WHEN 71 THEN 'affectsMultipleDSAs'
        WHEN 80 THEN 'other'
        WHEN 118 THEN 'canceled'
        WHEN 119 THEN 'noSuchOperation'
        WHEN 120 THEN 'tooLate'
        WHEN 121 THEN 'cannotCancel'
        WHEN 122 THEN 'assertionFailed'
        WHEN 123 THEN 'authorizationDenied'
    END AS error,
    kind,
    COUNT(*) AS errors,
    COUNT(DISTINCT client_ip) AS clients,
    MAX(time) AS last_time
FROM directory_ops
WHERE result_code NOT IN (0, 5, 6, 14)
GROUP BY result_code, kind
ORDER BY errors DESC, result_code, kind NULLS LAST
